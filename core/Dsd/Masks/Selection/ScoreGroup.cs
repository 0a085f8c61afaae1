using System.Buffers;
using System.Numerics;
using Dsd.Schedules;
using static TorchSharp.torch;

namespace Dsd.Masks;

/// <summary>Layers that share one ranking, and the number of weights they keep together.</summary>
/// <param name="Scores">What ranks each layer's weights.</param>
/// <param name="Keep">How many weights to keep in all.</param>
/// <param name="AtLeastOneEach">Whether the highest weight of each layer is kept in any case.</param>
/// <param name="Pattern">The groups that the one layer is divided into, or null where any of its weights may be kept.</param>
/// <param name="PatternRule">The pattern of these groups as the schedule refers to it, for messages.</param>
internal sealed record ScoreGroup(WeightScores[] Scores, long Keep, bool AtLeastOneEach, PatternGroups? Pattern = null, MaskPattern? PatternRule = null)
{
    /// <summary>The form in which all of them are compared.</summary>
    public ScoreFormat Format => Scores.Select(s => s.Format).Distinct().ToArray() switch
    {
        [var only] => only,
        [ScoreFormat.Score32 or ScoreFormat.Score64, ..] => ScoreFormat.Score64,
        _ => ScoreFormat.Mixed,
    };

    /// <summary>True if some of the layers choose among a part of their weights, of which there must be enough.</summary>
    public bool IsAmong => Scores.Any(s => s.Among is not null);

    /// <summary>Chooses the masks of rankings, one for each of their scores.</summary>
    /// <exception cref="DsdException">A value is NaN or infinite.</exception>
    public static Dictionary<WeightScores, BitMask> Rank(ScoreGroup[] groups)
    {
        var masks = new Dictionary<WeightScores, BitMask>(ReferenceEqualityComparer.Instance);
        foreach (var batch in ChooseOnDevices(groups, masks).GroupBy(g => g.Format))
        {
            Choose(batch.Key, [.. batch], masks);
        }

        return groups.SelectMany(g => g.Scores).FirstOrDefault(s => !masks.ContainsKey(s)) switch
        {
            null => masks,
            { IsMagnitude: true } wrong => throw new DivergedException(
                $"{wrong.Name} {wrong.Verb} values that are NaN or infinite, so its weights cannot be ranked. "
                + "Look at where the weights come from, at the losses and at the data up to here; where the loss grew, training has diverged: lower the learning rate, or clip gradients."),
            var wrong => throw new DsdException(
                $"{wrong.Name} {wrong.Verb} values that are NaN or infinite, so its weights cannot be ranked. The function must give a finite score for every weight."),
        };
    }

    /// <summary>Chooses the masks of groups that are compared in one form; layers that cannot be ranked get none.</summary>
    public static unsafe void Choose(ScoreFormat format, ScoreGroup[] groups, Dictionary<WeightScores, BitMask> masks)
    {
        switch (format)
        {
            case ScoreFormat.Random:
                Choose<RandomKeys, uint>(groups, masks, s => new(s.Random!.Value, s.Count));
                break;
            case ScoreFormat.Score32:
                Choose<ScoreKeys<uint>, uint>(groups, masks, s => new((uint*)s.Memory(ScalarType.Float32), s.Count, WeightBits.Highest32));
                break;
            case ScoreFormat.Score64:
                Choose<ScoreKeys<ulong>, ulong>(groups, masks, s => new((ulong*)s.Memory(ScalarType.Float64), s.Count, WeightBits.Highest64));
                break;
            case ScoreFormat.Float16:
                Choose<MagnitudeKeys<ushort>, ushort>(groups, masks, s => new((ushort*)s.Memory(ScalarType.Float16), s.Count, WeightBits.HighestHalf));
                break;
            case ScoreFormat.BFloat16:
                Choose<MagnitudeKeys<ushort>, ushort>(groups, masks, s => new((ushort*)s.Memory(ScalarType.BFloat16), s.Count, WeightBits.HighestBrain));
                break;
            case ScoreFormat.Float32:
                Choose<MagnitudeKeys<uint>, uint>(groups, masks, s => new((uint*)s.Memory(ScalarType.Float32), s.Count, WeightBits.Highest32));
                break;
            case ScoreFormat.Float64:
                Choose<MagnitudeKeys<ulong>, ulong>(groups, masks, s => new((ulong*)s.Memory(ScalarType.Float64), s.Count, WeightBits.Highest64));
                break;
            default:
                Choose<MixedKeys, ulong>(groups, masks, s => new(s.Memory(s.Type), s.Type, s.Count));
                break;
        }
    }

    /// <summary>True if the ranking can be made on the device of its values: they are 32-bit floats on one GPU.</summary>
    private bool IsForDevice => !IsAmong && Pattern is null && Format is ScoreFormat.Float32 or ScoreFormat.Score32 && Scores[0].Values is { } first && first.device_type == TorchSharp.DeviceType.CUDA
        && Scores.All(s => s.Count > 0 && s.Values!.dtype == ScalarType.Float32 && s.Values.device_type == TorchSharp.DeviceType.CUDA && s.Values.device_index == first.device_index) && Scores.Sum(s => s.Count) <= DeviceTop.MostValues;

    /// <summary>Chooses on GPUs what can be chosen there, the rankings of each together.</summary>
    /// <returns>The other rankings, and those with values that are not finite: they are left to the CPU, which also says what is wrong.</returns>
    private static ScoreGroup[] ChooseOnDevices(ScoreGroup[] groups, Dictionary<WeightScores, BitMask> masks)
    {
        var here = groups.Where(g => !g.IsForDevice).ToList();
        foreach (var batch in groups.Where(g => g.IsForDevice).GroupBy(g => g.Scores[0].Values!.device_index))
        {
            ScoreGroup[] there = [.. batch];
            if (DeviceTop.Of(there[0].Scores[0].Values!.device) is not { } top)
            {
                here.AddRange(there);
                continue;
            }

            using var scope = NewDisposeScope();
            var chosen = top.Choose(Array.ConvertAll(there, g => new DeviceRanking([.. g.Scores.Select(s => s.Values!.is_contiguous() ? s.Values : s.Values.detach().contiguous())], g.Keep, g.Format == ScoreFormat.Score32)));
            foreach (var (group, found) in there.Zip(chosen))
            {
                if (found is null || (group.AtLeastOneEach && found.Any(m => m.Kept == 0)))
                {
                    here.Add(group);
                    continue;
                }

                for (var i = 0; i < found.Length; i++)
                {
                    masks[group.Scores[i]] = found[i];
                }
            }
        }

        return [.. here];
    }

    private static void Choose<TKeys, TKey>(ScoreGroup[] groups, Dictionary<WeightScores, BitMask> masks, Func<WeightScores, TKeys> keys)
        where TKeys : struct, IWeightKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        foreach (var (score, pattern, rule) in groups.Where(g => g.Pattern is not null).Select(g => (g.Scores[0], g.Pattern!, g.PatternRule)))
        {
            if (PatternSelection.Choose<TKeys, TKey>(score, keys(score), pattern, rule) is { } mask)
            {
                masks[score] = mask;
            }
        }

        ChooseTop<TKeys, TKey>([.. groups.Where(g => g.Pattern is null && !g.IsAmong)], masks, keys);
        ChooseAmong<TKeys, TKey>([.. groups.Where(g => g.Pattern is null && g.IsAmong)], masks, keys);
    }

    private static unsafe void ChooseAmong<TKeys, TKey>(ScoreGroup[] groups, Dictionary<WeightScores, BitMask> masks, Func<WeightScores, TKeys> keys)
        where TKeys : struct, IWeightKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        var pinned = new List<MemoryHandle>();
        try
        {
            ChooseTop<AmongKeys<TKeys, TKey>, TKey>(groups, masks, score =>
            {
                pinned.Add((score.Among ?? BitMask.All(score.Count)).Pin());
                return new(keys(score), (ulong*)pinned[^1].Pointer);
            });
        }
        finally
        {
            pinned.ForEach(p => p.Dispose());
        }
    }

    private static void ChooseTop<TKeys, TKey>(ScoreGroup[] groups, Dictionary<WeightScores, BitMask> masks, Func<WeightScores, TKeys> keys)
        where TKeys : struct, IWeightKeys<TKey>
        where TKey : unmanaged, IBinaryInteger<TKey>, IMinMaxValue<TKey>
    {
        var pools = Array.ConvertAll(groups, g => new SelectionPool<TKeys, TKey>([.. g.Scores.Select(keys)], g.Keep, g.AtLeastOneEach));
        TopSelection.Choose(pools);
        foreach (var (group, pool) in groups.Zip(pools))
        {
            var chosen = pool.Masks();
            for (var i = 0; i < chosen.Length; i++)
            {
                if (pool.IsFinite(i))
                {
                    masks[group.Scores[i]] = chosen[i];
                }
            }
        }
    }
}
