namespace Dsd.Data;

/// <summary>What was read from a file of a published data set.</summary>
internal interface IPublishedContent
{
    /// <summary>Where it was read from, for messages.</summary>
    string Path { get; }

    /// <summary>The SHA-256 of the content, uncompressed, in lower-case hexadecimal.</summary>
    string Sha256();
}
