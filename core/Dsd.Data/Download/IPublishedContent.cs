namespace Dsd.Data;

/// <summary>The content of a file of a published data set.</summary>
internal interface IPublishedContent
{
    /// <summary>The path it was read from, for messages.</summary>
    string Path { get; }

    /// <summary>The SHA-256 of the content, uncompressed, in lower-case hexadecimal.</summary>
    string Sha256();
}
