namespace Dsd.Studies;

/// <summary>The folder of a study can no longer be read or written while the study runs.</summary>
internal sealed class StudyLostException(string message, Exception cause) : IOException(message, cause);
