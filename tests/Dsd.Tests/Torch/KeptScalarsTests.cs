using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Dsd.Torch;
using TorchSharp;

namespace Dsd.Tests.Torch;

public sealed class KeptScalarsTests
{
    [SkippableFact]
    public void Scalar_ThatTheCollectorFinds_IsReleasedLater()
    {
        var isSure = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;
        Skip.If(!isSure && TorchRuntime.State!.KeptScalars!.Status == InterventionStatus.NotApplicable, "The .NET runtime of this system does not let the release of scalars be bound.");
        Assert.Equal("applied: scalars outlive the native calls that read them", $"{TorchRuntime.State!.KeptScalars}");
        var before = KeptScalars.Released;
        GiveUp();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.InRange(KeptScalars.Released - before, 1000, long.MaxValue);
        Assert.InRange(KeptScalars.Waiting, 1000, int.MaxValue);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void GiveUp()
        {
            for (var i = 0; i < 1000; i++)
            {
                _ = 0.5.ToScalar();
            }
        }
    }
}
