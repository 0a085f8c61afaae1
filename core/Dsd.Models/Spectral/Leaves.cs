using static TorchSharp.torch;

namespace Dsd.Models;

/// <summary>The modules of a network that have no children.</summary>
internal static class Leaves
{
    /// <summary>Lists them by their full names, in the network's order.</summary>
    public static IEnumerable<(string Name, nn.Module Layer)> Of(nn.Module module, string name = "")
    {
        var children = module.named_children().ToList();
        return children.Count == 0
            ? [(name, module)]
            : children.SelectMany(c => Of(c.module, name.Length == 0 ? c.name : $"{name}.{c.name}"));
    }
}
