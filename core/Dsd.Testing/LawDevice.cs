using static TorchSharp.torch;

namespace Dsd.Testing;

/// <summary>The devices on which laws are checked, by name.</summary>
internal static class LawDevice
{
    /// <summary>The CPU.</summary>
    public const string Cpu = "cpu";

    /// <summary>Returns a name that is one of a device.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public static string Checked(string device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device is Cpu or "cuda" || (device.StartsWith("cuda:", StringComparison.Ordinal) && byte.TryParse(device[5..], out _))
            ? device
            : throw new ArgumentException($"'{device}' is no device on which laws are checked; allowed are cpu, cuda and cuda:N.", nameof(device));
    }

    /// <summary>Moves a tensor of the CPU to a device.</summary>
    public static Tensor Moved(Tensor tensor, string device) => device == Cpu ? tensor : tensor.to(TorchSharp.torch.device(device));
}
