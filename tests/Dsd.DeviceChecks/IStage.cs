namespace Dsd.DeviceChecks;

/// <summary>One part of the checks, which runs in a process of its own.</summary>
internal interface IStage
{
    /// <summary>The name, by which it is selected and its file is called.</summary>
    string Name { get; }

    /// <summary>What it checks, in a few words.</summary>
    string Summary { get; }

    /// <summary>The seconds after which it is stopped, of ten minutes for all; other totals scale it.</summary>
    int LimitSeconds { get; }

    /// <summary>Checks; what was found is reported as it is found.</summary>
    /// <param name="context">The device, the amount of work, and the report.</param>
    /// <exception cref="SkippedException">The stage cannot run here.</exception>
    void Run(StageContext context);
}
