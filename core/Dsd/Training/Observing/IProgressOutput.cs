namespace Dsd.Training;

/// <summary>A destination for progress texts.</summary>
internal interface IProgressOutput
{
    /// <summary>True if each text replaces the one before; otherwise each text is a line that stays.</summary>
    bool IsLive { get; }

    /// <summary>Shows a text.</summary>
    void Show(string text);

    /// <summary>Shows the last text, which stays.</summary>
    void End(string text);
}
