namespace Dsd.Training;

/// <summary>A place where progress is shown.</summary>
internal interface IProgressOutput
{
    /// <summary>Whether what is shown replaces what was shown before; elsewhere each text is a line that stays.</summary>
    bool IsLive { get; }

    /// <summary>Shows a text.</summary>
    void Show(string text);

    /// <summary>Shows the last text, which stays.</summary>
    void End(string text);
}
