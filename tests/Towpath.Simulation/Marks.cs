namespace Towpath.Simulation;

/// <summary>Rare paths that the fixed seeds have to walk: a promise that was never tempted is not shown. The names say what happened.</summary>
public enum Mark
{
    // The disk and the server.
    CrashBeforeAppend,
    CrashBetweenAppendAndAct,
    CrashWhileActing,
    CrashWhileStarting,
    TornTailCut,
    UnacknowledgedKept,
    WriteRefused,
    WriteWasSlow,
    ManyInputsInOneBatch,
    CommandBegunAgainAfterARestart,
    ClockJumpedBack,
    ClockJumpedForward,
    DeadlineFiredLate,

    // Agents and targets.
    AgentLost,
    AgentReportsWhatItHad,
    AgentWorkedWhileTheServerWasDown,
    AnswerCameLate,
    AnswerCameAfterTheRollbackBegan,
    AnswerForARunThatIsOver,
    HalfDeployed,
    HalfMovedTrafficTakenBack,
    ProbeWasSilent,
    ProbePassedABadVersion,
    ProbeFailedAGoodVersion,
    NobodyKnowsWhetherItWasDeployed,

    // Git.
    PushSettledFromTheReflog,
    PushGivenUp,
    ThereAndBackAgain,
    ForcePushBackwards,
    BranchDeleted,
    SomeRefsOfAPushRefused,

    // Runs.
    AttemptRetried,
    AttemptTimedOut,
    PackagingTimedOut,
    RunCanceled,
    RunRetried,
    RunOvertaken,
    PackageUploaded,
    RunWithoutAPackage,

    // Queues.
    SupersededWhileAnotherDeploys,
    EveryCandidateHasItsTurn,
    OlderCandidateOutdated,
    WaitingCandidateTimedOut,
    UpstreamRevokedWhileWaiting,
    PartiallyPassed,
    HoldKeptAReadyCandidate,
    QuarantineRefusedACandidate,
    QuarantineRefusedARetry,

    // Gates.
    ApprovedByTwoPeople,
    ApprovedWhileAnotherDeploys,
    ApprovalVoidedByANewLiveVersion,
    ApprovalVoidedByNewSettings,
    SupersededAtAGate,
    WindowOpenedByTheClock,
    FreezeEndedByTheClock,
    SoakTimeWasOver,
    GateOverdue,
    WebhookSaidNo,
    WebhookAskedAgain,
    WebhookPassedWhenOverdue,
    GatesPassedOver,
    PromotionWaitedAtAGate,
    RolledBackWhileFrozen,
    RevokedAtAGateOfAPromotion,

    // Deployments.
    SettingsChangedDuringADeployment,
    SettingsDeployedByThemselves,
    PromotedOverANewerVersion,
    ReleaseReused,
    CanceledWhileWaiting,
    CanceledInStart,
    CanceledInCheck,
    CanceledInSurvey,
    CanceledInCanary,
    CanceledInShift,
    CanceledInDeploy,
    CanceledInVerify,
    CanceledInUndo,
    CanceledInContract,
    StageTimedOut,
    WithdrawalTimedOut,
    WithdrawalBegunAgain,
    DecisionNeeded,
    DecisionAccepted,
    DecisionCanceled,

    // Canaries.
    CanaryWentThrough,
    CanaryTakenBackByEvidence,
    CanaryTakenBackByAMetric,
    CanaryTakenBackByItsScore,
    CanaryWentThroughWithMetrics,
    MetricWithoutNumbers,
    CanaryPausedByItsPipeline,
    CanaryLeftUndecided,
    CanaryTakenBackUndecided,
    CanaryAdvancedByHand,
    CanaryHeld,
    CanaryWithoutTraffic,
    MeasurementWithoutCounts,
    WorseVersionWatchedByNobody,

    // Migrations.
    ContractRan,
    ContractFailed,
    ContractOfAVersionThatWasReplaced,
    WayBackBarred,

    // Going back.
    RolledBackByHand,
    RolledBackBehindSeveral,
    RolledBackDuringADeployment,
    RolledBackWhileRollingBack,
    RollbackRefused,
    RollbackFailed,
    EnvironmentStopped,
    EnvironmentStartedAgain,
}

/// <summary>Which of the marks a simulation reached.</summary>
public sealed class Marks
{
    private readonly int[] reached = new int[Count];

    public static int Count { get; } = Enum.GetValues<Mark>().Length;

    public IEnumerable<Mark> Reached => Enum.GetValues<Mark>().Where(mark => reached[(int)mark] > 0);

    public IEnumerable<Mark> Missing => Enum.GetValues<Mark>().Where(mark => reached[(int)mark] == 0);

    public void Reach(Mark mark) => reached[(int)mark]++;

    public int Of(Mark mark) => reached[(int)mark];

    public void Add(Marks other)
    {
        for (var i = 0; i < reached.Length; i++)
            reached[i] += other.reached[i];
    }
}
