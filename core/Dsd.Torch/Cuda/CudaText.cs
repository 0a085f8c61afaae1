namespace Dsd.Torch;

/// <summary>The texts of kernels, which lie in their assemblies.</summary>
internal static class CudaText
{
    /// <summary>Reads a text.</summary>
    /// <param name="owner">A type of the assembly.</param>
    /// <param name="file">The file's name.</param>
    public static string Read(Type owner, string file)
    {
        using var stream = owner.Assembly.GetManifestResourceStream(file)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
