using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dsd.Schedules;

/// <summary>The JSON form of a <see cref="MaskPattern"/> within a mask rule; what older versions could express is written as they wrote it.</summary>
internal static class MaskPatternJson
{
    /// <summary>The patterns of whole units that have nothing but a norm, by name.</summary>
    public static readonly IReadOnlyDictionary<string, Func<UnitNorm, MaskPattern>> Whole = new Dictionary<string, Func<UnitNorm, MaskPattern>>
    {
        ["row"] = MaskPattern.Row,
        ["filter"] = MaskPattern.Filter,
        ["column"] = MaskPattern.Column,
        ["channel"] = MaskPattern.Channel,
    };

    public static MaskPattern Read(JsonPlace place)
    {
        if (place.Kind != JsonValueKind.Object)
        {
            return place.OneOf(("element", MaskPattern.Element));
        }

        var (kind, value) = place.Choice(["nOfM", "block", .. Whole.Keys, "custom"]);
        return value.Make(() => kind switch
        {
            "custom" => MaskPattern.CustomOfFile(value.Fields("name").Required("name").Text()),
            "nOfM" => MaskPattern.NOfM(Int(value.Fields("keep", "of", "axis", "pad").Required("keep")), Int(value.Required("of")), value.At("axis") is { } axis ? Int(axis) : 1, Pad(value)),
            "block" => MaskPattern.Block(Int(value.Fields("rows", "columns", "norm", "pad").Required("rows")), Int(value.Required("columns")), Norm(value), Pad(value)),
            _ => Whole[kind](Norm(value.Fields("norm"))),
        });
    }

    public static JsonObject Write(IMaskPattern builtIn)
    {
        var (kind, node) = builtIn switch
        {
            NOfM p => ("nOfM", new JsonObject { ["keep"] = p.Keep, ["of"] = p.Of, ["axis"] = p.Axis }),
            BlockPattern { Shape: BlockShape.Block } p => ("block", new JsonObject { ["rows"] = p.Rows, ["columns"] = p.Columns, ["norm"] = Json.Word(p.Norm) }),
            BlockPattern p => (Json.Word(p.Shape), new JsonObject { ["norm"] = Json.Word(p.Norm) }),
            _ => throw new ArgumentException($"There is no JSON of {builtIn}.", nameof(builtIn)),
        };
        if (builtIn is NOfM { Pad: true } or BlockPattern { Pad: true })
        {
            node["pad"] = true;
        }

        return new() { [kind] = node };
    }

    private static bool Pad(JsonPlace place) => place.At("pad")?.Flag() ?? false;

    private static UnitNorm Norm(JsonPlace place) => place.At("norm")?.OneOf(Json.Words<UnitNorm>()) ?? UnitNorm.L2;

    private static int Int(JsonPlace place) => place.Whole() is >= int.MinValue and <= int.MaxValue and var number ? (int)number : throw place.Wrong("the number is too large");
}
