import CKernels

/// The targets of a cross-entropy as kernels take them: labels in range, or −1 in rows that are ignored, weights of classes, and the share
/// ε of label smoothing.
struct ClassTargets {
  let labels: [Int32]
  let classWeights: [Float]?
  let smoothing: Float
  let classes: Int

  /// The loss of each row of logits [rows, classes], which are Float32; not on the tape.
  func losses(of logits: Tensor) -> Tensor {
    let losses = Buffer(count: labels.count)
    withKernelTargets { targets in
      logits.withFloat32 { logits in
        inChunks(of: labels.count, width: classes) { rows in
          cross_entropy_rows(
            logits + rows.lowerBound * classes, targets.from(rows.lowerBound), losses.pointer + rows.lowerBound,
            rows.count,
            classes)
        }
      }
    }
    return Tensor(shape: [labels.count], buffer: losses)
  }

  /// The gradient of the logits, where g is a scalar, or has an element per row; not on the tape.
  func gradient(of logits: Tensor, _ g: Tensor, scale: Float) -> Tensor {
    let output = Buffer(shape: logits.shape)
    withKernelTargets { targets in
      withFloat32(logits, g) { logits, values in
        let step = g.shape.isEmpty ? 0 : 1
        inChunks(of: labels.count, width: classes) { rows in
          let first = rows.lowerBound * classes
          cross_entropy_gradient(
            logits + first, targets.from(rows.lowerBound), values + step * rows.lowerBound, step, scale,
            output.pointer + first, rows.count, classes)
        }
      }
    }
    return Tensor(shape: logits.shape, buffer: output).castWithoutTape(to: logits.precision)
  }

  private func withKernelTargets(_ body: (class_targets) -> Void) {
    labels.withUnsafeBufferPointer { labels in
      // An empty array may have no address, but then none is read.
      let labels = labels.baseAddress ?? UnsafePointer(bitPattern: 4)!
      guard let classWeights else { return body(class_targets(labels: labels, weights: nil, smoothing: smoothing)) }
      classWeights.withUnsafeBufferPointer {
        body(class_targets(labels: labels, weights: $0.baseAddress, smoothing: smoothing))
      }
    }
  }
}

extension class_targets {
  /// The targets from a row on.
  fileprivate func from(_ row: Int) -> class_targets {
    class_targets(labels: labels + row, weights: weights, smoothing: smoothing)
  }
}
