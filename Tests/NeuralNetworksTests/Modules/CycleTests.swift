import Autodiff
import NeuralNetworks
import Testing

/// A module that refers to the module that holds it in every way that Swift has.
private final class Child: Module {
  struct Box { weak var module: Module? }

  let layer = Linear(3, 3)
  weak var weakParent: Parent?
  unowned let unownedParent: Parent
  unowned(unsafe) let unsafeParent: Parent
  unowned var optionalParent: Parent?
  let boxes: [Box]

  init(of parent: Parent) {
    weakParent = parent
    unownedParent = parent
    unsafeParent = parent
    optionalParent = parent
    boxes = [Box(module: parent), Box(module: nil)]
  }

  override func forward(_ x: Tensor) -> Tensor { layer(x) * unownedParent.factor }
}

private final class Parent: Module {
  let factor: Float = 2
  var child: Child!
  let last = Linear(3, 2)

  override init() {
    super.init()
    child = Child(of: self)
  }

  override func forward(_ x: Tensor) -> Tensor { last(child(x)) }
}

/// A module that holds the module that holds it.
final class StrongChild: Module {
  var owner: Module?
}

final class StrongParent: Module {
  let block: Sequential

  override init() {
    let child = StrongChild()
    block = Sequential(child, ReLU())
    super.init()
    child.owner = self
  }
}

@Suite struct CycleTests {
  @Test func aWeakOrUnownedReferenceIsNoChild() throws {
    let model = Parent()
    model.initialize(seed: 1)
    #expect(model.modules.map(\.path) == ["", "child", "child.layer", "last"])
    #expect(model.child.modules.map(\.path) == ["", "layer"])
    #expect(model.parameters.map(\.path) == ["child.layer.weight", "child.layer.bias", "last.weight", "last.bias"])
    #expect(
      model.description == """
        Parent  20 parameters
        ├ child: Child  12 parameters
        │ └ layer: Linear  3 → 3 · weight [3, 3], bias [3] · 12 parameters
        └ last: Linear  3 → 2 · weight [2, 3], bias [2] · 8 parameters
        """)
    model.evaluate()
    #expect(!model.last.isTraining)
    model.train()
    #expect(model.last.isTraining)
    var called: [String] = []
    let handle = try model.onForward("**") { site, _ in
      called.append(site.path)
      return nil
    }
    _ = model(Tensor([1, 2, 3], shape: [1, 3]))
    handle.remove()
    #expect(called == ["child.layer", "child", "last", ""])
  }

  @Test func aStrongCycleStopsEveryWalkAndNamesBothPaths() async {
    let walks = [
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        print(StrongParent())
      },
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = StrongParent().parameters
      },
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        StrongParent().initialize(seed: 1)
      },
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        StrongParent().evaluate()
      },
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        try StrongParent().onForward("**") { _, _ in nil }
      },
    ]
    for walk in walks {
      #expect(
        String(decoding: walk?.standardErrorContent ?? [], as: UTF8.self)
          == "Fatal error: StrongParent: the module at “block.0.owner” is the model itself, which holds it; make the reference weak "
          + "or unowned, and it is no child\n")
    }
  }

  @Test func aCycleBelowTheModelNamesBothPaths() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Sequential(Linear(2, 2), StrongParent()).modules
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("the module at “1.block.0.owner” is the one at “1”, which holds it"), "\(text)")
  }
}
