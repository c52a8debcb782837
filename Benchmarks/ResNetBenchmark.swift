import Foundation
import Rheoscope

/// A step of ResNet-20 and of the same net without shortcuts, on 28 × 28 images at batch 128, as in the peers' `resnet.py`.
func resNet(threads: Int, _ report: (Measurement) -> Void) {
  for hasShortcut in [true, false] {
    let training = Training(resNet(blocks: 3, hasShortcut: hasShortcut), 128) {
      SGD($0, learningRate: 0.1, momentum: 0.9, weightDecay: 1e-4)
    }
    let milliseconds = bestMilliseconds(cost: 250) { training.step() }
    report(
      Measurement(
        workload: "\(hasShortcut ? "resnet" : "plain")-20-b128", threads: threads, milliseconds: milliseconds))
  }
}

/// He et al. 2015, section 4.2: three stages of 16, 32 and 64 channels, each of `blocks` blocks of two
/// convolutions; three blocks are ResNet-20.
func resNet(blocks: Int, hasShortcut: Bool) -> Module {
  var layers: [Module] = [Images(), Conv2d(1, 16, kernelSize: 3, padding: 1, bias: false), BatchNorm(16), ReLU()]
  var channels = 16
  for width in [16, 32, 64] {
    for block in 0..<blocks {
      let stride = width > 16 && block == 0 ? 2 : 1
      let branch: [Module] = [
        Conv2d(channels, width, kernelSize: 3, stride: stride, padding: 1, bias: false), BatchNorm(width), ReLU(),
        Conv2d(width, width, kernelSize: 3, padding: 1, bias: false), BatchNorm(width),
      ]
      let shortcut = stride == 1 ? nil : StridedShortcut(stride, growth: width - channels)
      layers += [hasShortcut ? Residual(branch, shortcut: shortcut) : Sequential(branch), ReLU()]
      channels = width
    }
  }
  return Sequential(layers + [GlobalAveragePool2d(), Linear(64, 10)])
}

/// Rows of pixels as images with one channel.
private final class Images: Module {
  override func forward(_ x: Tensor) -> Tensor { x.reshaped(-1, 28, 28, 1) }
}

/// Every `stride`-th pixel, with additional channels of zeros.
private final class StridedShortcut: Module {
  private let stride, growth: Int

  init(_ stride: Int, growth: Int) { (self.stride, self.growth) = (stride, growth) }

  override func forward(_ x: Tensor) -> Tensor {
    averagePool(x, kernelSize: 1, stride: stride).padded(-1, before: 0, after: growth)
  }
}
