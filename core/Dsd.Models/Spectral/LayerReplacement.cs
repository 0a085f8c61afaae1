using System.Collections;
using System.Reflection;
using static TorchSharp.torch;
using Layer = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace Dsd.Models;

/// <summary>Exchanges layers of a live network for others, wherever its modules hold them: in fields, lists, dictionaries and among their children.</summary>
/// <remarks>TorchSharp's own containers hold their layers in such lists, too. All places are found before any is changed.</remarks>
internal sealed class LayerReplacement
{
    private readonly List<(string Name, Layer Old)> _layers;
    private readonly Dictionary<Layer, List<Action<Layer>>> _places = new(ReferenceEqualityComparer.Instance);
    private readonly nn.Module _model;

    /// <summary>Finds the places of layers.</summary>
    /// <param name="model">The network.</param>
    /// <param name="layers">The layers to be exchanged, by their full names.</param>
    /// <param name="replacement">The type of the new layers.</param>
    /// <exception cref="DsdException">A layer is held in no field, or in one that takes no layer of that type; the message names all of these.</exception>
    public LayerReplacement(nn.Module model, IEnumerable<(string Name, Layer Old)> layers, Type replacement)
    {
        (_model, _layers) = (model, [.. layers]);
        foreach (var (_, old) in _layers)
        {
            _places.TryAdd(old, []);
        }

        var problems = new List<string>();
        foreach (var module in new[] { model }.Concat(model.modules()).Distinct(ReferenceEqualityComparer.Instance).Cast<nn.Module>())
        {
            foreach (var field in Fields(module))
            {
                Find(module, field, replacement, problems);
            }
        }

        problems.AddRange(_layers.Where(l => _places[l.Old].Count == 0 && !problems.Exists(p => p.StartsWith($"{l.Name} ", StringComparison.Ordinal)))
            .Select(l => $"{l.Name} is held by no field, list or dictionary of the network's modules"));
        if (problems.Count > 0)
        {
            throw new DsdException(
                $"{model.GetName()}: {(problems.Count == 1 ? "a layer" : "layers")} cannot be exchanged for {replacement.Name}: {string.Join("; ", problems)}. "
                + "Hold a layer of a module of your own in a field of type Module<Tensor, Tensor>, or build the network with such layers.");
        }
    }

    /// <summary>Exchanges all layers, which are disposed; the others keep their places.</summary>
    /// <param name="create">Creates the new layer.</param>
    public void Apply(Func<Layer, Layer> create)
    {
        var made = new Dictionary<nn.Module, Layer>(ReferenceEqualityComparer.Instance);
        foreach (var (old, places) in _places)
        {
            var layer = create(old);
            made.Add(old, layer);
            places.ForEach(place => place(layer));
        }

        foreach (var module in new[] { _model }.Concat(_model.modules()).ToList())
        {
            Register(module, made);
        }

        foreach (var old in made.Keys)
        {
            old.Dispose();
        }
    }

    /// <summary>Registers the new layers under the names and in the order of the old ones.</summary>
    private static void Register(nn.Module module, Dictionary<nn.Module, Layer> made)
    {
        var children = module.named_children().ToList();
        if (!children.Exists(c => made.ContainsKey(c.module)))
        {
            return;
        }

        foreach (var (name, _) in children)
        {
            module.register_module(name, null!);
        }

        foreach (var (name, child) in children)
        {
            module.register_module(name, made.TryGetValue(child, out var layer) ? layer : child);
        }
    }

    private static IEnumerable<FieldInfo> Fields(nn.Module module)
    {
        for (var type = module.GetType(); type is not null && type != typeof(nn.Module); type = type.BaseType)
        {
            foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                yield return field;
            }
        }
    }

    private void Find(nn.Module module, FieldInfo field, Type replacement, List<string> problems)
    {
        switch (field.GetValue(module))
        {
            case Layer layer when _places.TryGetValue(layer, out var places):
                Add(places, layer, field.FieldType, made => field.SetValue(module, made));
                break;
            case ImageLayers table:
                foreach (var (name, layer) in table.ByName.ToList())
                {
                    if (_places.TryGetValue(layer, out var named))
                    {
                        named.Add(made => table.Replace(name, made));
                    }
                }

                break;
            case IDictionary dictionary:
                foreach (var key in dictionary.Keys.Cast<object>().ToList())
                {
                    if (dictionary[key] is Layer layer && _places.TryGetValue(layer, out var keyed))
                    {
                        Add(keyed, layer, ElementType(dictionary, typeof(IDictionary<,>), 1), made => dictionary[key] = made);
                    }
                }

                break;
            case IList list:
                for (var i = 0; i < list.Count; i++)
                {
                    if (list[i] is Layer layer && _places.TryGetValue(layer, out var listed))
                    {
                        var place = i;
                        Add(listed, layer, ElementType(list, typeof(IList<>), 0), made => list[place] = made);
                    }
                }

                break;
            default:
                break;
        }

        void Add(List<Action<Layer>> places, Layer layer, Type declared, Action<Layer> set)
        {
            if (declared.IsAssignableFrom(replacement))
            {
                places.Add(set);
            }
            else
            {
                problems.Add($"{_layers.First(l => ReferenceEquals(l.Old, layer)).Name} is held by {module.GetType().Name}.{field.Name} as {declared.Name}");
            }
        }
    }

    private static Type ElementType(object collection, Type definition, int argument) => collection.GetType().GetInterfaces()
        .FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == definition)?.GetGenericArguments()[argument] ?? typeof(object);
}
