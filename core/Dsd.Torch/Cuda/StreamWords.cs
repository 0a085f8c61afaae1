using System.Runtime.InteropServices;

namespace Dsd.Torch;

/// <summary>A stream as libtorch passes it, in two registers.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct StreamWords
{
    /// <summary>The device.</summary>
    public long Device;

    /// <summary>The number of the stream among those of libtorch.</summary>
    public long Id;
}
