extension [any Rule] {
  /// All built-in rules. Within a stage a rule stands before those whose findings follow from its own when both begin at the same step.
  public static var all: [any Rule] {
    [
      // How the training is set up.
      NonfiniteDataRule(),
      OptimizerDoesNotStepRule(),
      LearningRateZeroRule(),
      ParametersInNoOptimizerRule(),
      ParametersWithoutGradientRule(),
      FrozenParametersRule(),
      ParametersInTwoOptimizersRule(),
      GradientsNotClearedRule(),
      SoftmaxOverOneValueRule(),
      OneOutputForClassesRule(),
      SoftmaxTwiceRule(),
      SigmoidForClassesRule(),
      LogitsInLossOfProbabilitiesRule(),
      BroadcastShapesRule(),
      NegativeLossRule(),
      OutputsCannotReachTargetsRule(),
      BatchesSortedByClassRule(),
      InputsNotNormalizedRule(),
      TargetScaleRule(),
      ConstantTargetsRule(),
      ClassesUnbalancedRule(),
      LabelsUnrelatedToInputsRule(),
      BatchNormEvaluatedRule(),
      BatchNormSmallBatchesRule(),
      MissingActivationRule(),
      ForwardByHandRule(),
      WarningsOfRecorderRule(),
      // What activations, gradients and weights do.
      ConstantInitializationRule(),
      InitializationTooSmallRule(),
      InitializationTooLargeRule(),
      ClippingAlwaysBindsRule(),
      SquareRootAtZeroRule(),
      LogarithmOfZeroRule(),
      DivisionByZeroRule(),
      Float16OverflowRule(),
      Float16UnderflowRule(),
      DeadReLURule(),
      VanishingGradientRule(),
      ExplodingGradientRule(),
      VanishingActivationsRule(),
      ExplodingActivationsRule(),
      ShatteredGradientsRule(),
      LearningRateTooHighRule(),
      WeightDecayTooStrongRule(),
      DyingReLURule(),
      SaturatedUnitsRule(),
      ZeroGradientRule(),
      LearningRateDecayedRule(),
      UpdatesLostToRoundingRule(),
      LearningRateTooLowRule(),
      GradientNoiseTooHighRule(),
      OneNetStarvesRule(),
      NonfiniteValuesRule(),
      SkippedStepsRule(),
      // What the loss does.
      LossDivergesRule(),
      LossOscillatesRule(),
      LossSpikeRule(),
      OverfittingRule(),
      // What no other rule explains.
      LossDoesNotFallRule(),
    ]
  }

  /// The rules of this package that judge one forward and one backward pass before training.
  public static var beforeTraining: [any Rule] {
    [
      NonfiniteDataRule(), SoftmaxOverOneValueRule(), SoftmaxTwiceRule(), ConstantInitializationRule(),
      SquareRootAtZeroRule(), LogarithmOfZeroRule(), DivisionByZeroRule(), GradientAtStartRule(), FirstLossRule(),
    ]
  }
}
