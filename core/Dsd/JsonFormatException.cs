namespace Dsd;

/// <summary>The exception for JSON that does not have the expected format; the message gives the place and what is allowed there.</summary>
public sealed class JsonFormatException : DsdException
{
    /// <summary>Creates the error.</summary>
    /// <param name="path">The place in the document, e.g. <c>"phases[1].sparsity"</c>.</param>
    /// <param name="problem">What is wrong there and what is allowed.</param>
    /// <param name="innerException">The cause, if another exception was.</param>
    public JsonFormatException(string path, string problem, Exception? innerException = null)
        : base($"{path}: {problem}", innerException) => Path = path;

    /// <summary>The place in the document, e.g. <c>"phases[1].sparsity"</c>.</summary>
    public string Path { get; }
}
