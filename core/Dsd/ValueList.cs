using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Dsd;

/// <summary>An immutable list with value equality: equal items in the same order.</summary>
/// <typeparam name="T">The type of the items.</typeparam>
/// <remarks>Records that hold one keep value equality, which arrays and immutable arrays do not provide.</remarks>
[CollectionBuilder(typeof(ValueList), nameof(ValueList.Create))]
public sealed class ValueList<T> : IReadOnlyList<T>, IEquatable<ValueList<T>>
{
    private readonly ImmutableList<T> _items;

    internal ValueList(ImmutableList<T> items) => _items = items;

    /// <summary>The empty list.</summary>
    public static ValueList<T> Empty { get; } = new(ImmutableList<T>.Empty);

    /// <summary>The number of items.</summary>
    public int Count => _items.Count;

    /// <summary>Gets the item at a position.</summary>
    /// <param name="index">The position, from 0 to <see cref="Count"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is outside the list.</exception>
    public T this[int index] => _items[index];

    /// <summary>Creates a list with one more item at the end.</summary>
    /// <param name="item">The item to append.</param>
    public ValueList<T> Add(T item) => new(_items.Add(item));

    /// <summary>Creates a list with the item at a position replaced.</summary>
    /// <param name="index">The position, from 0 to <see cref="Count"/> − 1.</param>
    /// <param name="item">The new item.</param>
    public ValueList<T> SetItem(int index, T item) => new(_items.SetItem(index, item));

    /// <inheritdoc/>
    public bool Equals(ValueList<T>? other) => other is not null && _items.SequenceEqual(other._items);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ValueList<T>);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var item in _items)
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }

    /// <summary>Formats the items in brackets, separated by commas.</summary>
    public override string ToString() => $"[{string.Join(", ", _items)}]";

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>The factory of <see cref="ValueList{T}"/>, which enables collection expressions such as <c>[a, b]</c>.</summary>
public static class ValueList
{
    /// <summary>Creates a list of the given items.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="items">The items, in order.</param>
    public static ValueList<T> Create<T>(ReadOnlySpan<T> items) =>
        items.IsEmpty ? ValueList<T>.Empty : new(ImmutableList.Create(items));

    /// <summary>Creates a list of the given items.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="items">The items, in order.</param>
    public static ValueList<T> ToValueList<T>(this IEnumerable<T> items) => new(items.ToImmutableList());
}
