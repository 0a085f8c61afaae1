using System.Reflection;
using Dsd.Plans;
using Dsd.Schedules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Execution;

/// <summary>Reads the shape of a live model.</summary>
public static class ModelInspection
{
    /// <summary>Lists the parameters of a model as plain data, in the model's order.</summary>
    /// <param name="model">Any module; every registered parameter is listed, a shared one at each of its places.</param>
    /// <returns>The shape; the later places of a shared tensor name the one it is shared with.</returns>
    public static ModelShape ShapeOf(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var first = new Dictionary<IntPtr, string>();
        var parameters = new List<ParameterShape>();
        foreach (var (name, kind, isUnpruned, parameter) in Parameters(model))
        {
            var shared = first.GetValueOrDefault(parameter.Handle);
            first.TryAdd(parameter.Handle, name);
            parameters.Add(new(name, kind, isUnpruned || IsBias(name, kind, parameter), parameter.shape.ToValueList(), shared));
        }

        return new(parameters.ToValueList());
    }

    /// <summary>Reads the shape of a model that is to be trained.</summary>
    /// <exception cref="DsdException">It has no parameters.</exception>
    internal static ModelShape ShapeToPlan(nn.Module model)
    {
        var shape = ShapeOf(model);
        if (shape.Parameters.Count > 0)
        {
            return shape;
        }

        var held = UnregisteredFields(model);
        throw new DsdException(
            $"The module {model.GetName()} has no parameters, so there is nothing to train. A module of your own must call RegisterComponents() at the end of its constructor, or register_module for each layer"
            + (held.Count > 0 ? $"; {string.Join(", ", held)} {(held.Count == 1 ? "is" : "are")} not registered." : "."));
    }

    internal static Dictionary<string, Parameter> ParametersByName(nn.Module model) =>
        Parameters(model).ToDictionary(p => p.Name, p => p.Parameter);

    /// <summary>Lists a model's modules without children, by their full names, in the model's order.</summary>
    internal static IEnumerable<(string Name, LayerKind Kind, nn.Module Layer)> Layers(nn.Module module, string name = "")
    {
        var children = module.named_children().ToList();
        return children.Count == 0
            ? [(name, KindOf(module), module)]
            : children.SelectMany(c => Layers(c.module, name.Length == 0 ? c.name : $"{name}.{c.name}"));
    }

    private static IEnumerable<(string Name, LayerKind Kind, bool IsUnpruned, Parameter Parameter)> Parameters(nn.Module module, string path = "")
    {
        // Module by module, since a model's own listing omits the second place of a shared parameter; depth first, as
        // layers were registered (named_modules lists all children before any grandchild).
        var (kind, unpruned) = (KindOf(module), (module as ILayer)?.Unpruned ?? []);
        foreach (var (name, parameter) in module.named_parameters(recurse: false))
        {
            yield return (path + name, HoldsLayers(module) ? KindWithin(name) : kind, unpruned.Contains(name), parameter);
        }

        foreach (var (name, child) in module.named_children())
        {
            foreach (var parameter in Parameters(child, $"{path}{name}."))
            {
                yield return parameter;
            }
        }
    }

    private static bool IsBias(string name, LayerKind kind, Parameter parameter)
    {
        var own = name[(name.LastIndexOf('.') + 1)..];
        return kind == LayerKind.Norm || own.StartsWith("bias", StringComparison.Ordinal) || own.EndsWith("_bias", StringComparison.Ordinal) || (kind == LayerKind.Other && parameter.dim() < 2);
    }

    /// <summary>Returns true for a TorchSharp module whose layers are not modules but only names of its own parameters.</summary>
    private static bool HoldsLayers(nn.Module module) => module
        is MultiheadAttention or TransformerEncoderLayer or TransformerDecoderLayer or TransformerEncoder or TransformerDecoder or Transformer;

    /// <summary>Returns the kind of a layer within such a module: projections of an attention and linear layers, or norms.</summary>
    private static LayerKind KindWithin(string name) =>
        name.Split('.').SkipLast(1).Any(part => part.StartsWith("norm", StringComparison.Ordinal)) ? LayerKind.Norm : LayerKind.Linear;

    /// <summary>Lists the fields of a module that hold layers and parameters it has not registered.</summary>
    private static List<string> UnregisteredFields(nn.Module module)
    {
        var names = new List<string>();
        for (var type = module.GetType(); type is not null && type.Assembly != typeof(nn.Module).Assembly; type = type.BaseType)
        {
            names.AddRange(type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
                .Where(f => f.GetValue(module) is nn.Module or Parameter).Select(f => f.Name));
        }

        return names;
    }

    private static LayerKind KindOf(nn.Module module)
    {
        if (module is ILayer layer)
        {
            return layer.Kind;
        }

        for (var type = module.GetType(); type is not null; type = type.BaseType)
        {
            if (type.Namespace != typeof(Linear).Namespace)
            {
                continue;
            }

            var name = type.Name.Split('`')[0];
            if (name is nameof(Linear) or nameof(Bilinear))
            {
                return LayerKind.Linear;
            }

            if (name.StartsWith("Conv", StringComparison.Ordinal))
            {
                return LayerKind.Convolution;
            }

            if (name is "RNN" or "LSTM" or "GRU" or "RNNCell" or "LSTMCell" or "GRUCell")
            {
                return LayerKind.Recurrent;
            }

            if (name.StartsWith("Embedding", StringComparison.Ordinal))
            {
                return LayerKind.Embedding;
            }

            if (name.Contains("Norm", StringComparison.Ordinal))
            {
                return LayerKind.Norm;
            }
        }

        return LayerKind.Other;
    }
}
