using Dsd.Optimizers;

namespace Dsd.DeviceChecks;

/// <summary>The masking optimisers by for-each operators, beside TorchSharp's and PyTorch's on the same gradients and masks.</summary>
internal sealed class OptimizerStage : IStage
{
    // Kernels for all parameters together may contract a product and a sum to one rounding where single ones do not.
    private const double Tolerance = 1e-5;

    public string Name => "optimizers";

    public string Summary => "steps under masks beside TorchSharp's own and PyTorch's";

    public int LimitSeconds => 40;

    public void Run(StageContext context)
    {
        var problem = new OptimizerProblem(context.Pick(50, 20));
        var ours = new List<float[]>();
        foreach (var rule in OptimizerProblem.Rules)
        {
            var (masked, plain) = (problem.Train(rule, context.Device, OptimizerPath.ForEach), problem.Train(rule, context.Device, OptimizerPath.TorchSharp));
            ours.Add(masked);
            Compare(context, $"{rule}: for-each / TorchSharp", masked, plain);
            Require(context, rule, problem, masked);
            Compare(context, $"{rule}: {(context.IsOnCuda ? "one kernel" : "one pass over memory")} / TorchSharp", problem.Train(rule, context.Device, OptimizerPath.OnePass), plain);
        }

        var peer = OptimizerPeer.Run(problem, context.DeviceName, out var reason);
        if (peer is null)
        {
            context.Say("PyTorch", $"skipped: {reason}");
            return;
        }

        context.Say("PyTorch", reason);
        for (var i = 0; i < ours.Count; i++)
        {
            Compare(context, $"{OptimizerProblem.Rules[i]}: for-each / PyTorch", ours[i], peer[i]);
        }
    }

    private static void Compare(StageContext context, string name, float[] ours, float[] theirs)
    {
        var difference = ours.Length == theirs.Length ? Bits.LargestDifference(ours, theirs) : double.NaN;
        context.Require(name, difference, "of the largest weight", difference <= Tolerance, $"{(Bits.AreSame(ours, theirs) ? "the same bits" : "the largest difference")}; at most {Tolerance} is rounding");
    }

    private static void Require(StageContext context, string rule, OptimizerProblem problem, float[] weights)
    {
        var wrong = weights.Zip(problem.Kept).Count(p => !p.Second && BitConverter.SingleToInt32Bits(p.First) != 0);
        context.Require($"{rule}: masked weights are +0", wrong == 0, $"{wrong} of {problem.Kept.Count(k => !k)} are something else");
    }
}
