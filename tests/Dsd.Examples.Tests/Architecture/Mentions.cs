using System.Reflection;
using System.Reflection.Emit;

namespace Dsd.Examples.Tests;

/// <summary>Finds the types that a type names: in its signatures and within its methods.</summary>
internal static class Mentions
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> s_codes = typeof(OpCodes).GetFields().Select(f => (OpCode)f.GetValue(null)!).ToDictionary(c => c.Value);

    /// <summary>All types that a type names, with what they are arrays of and their generic arguments; those of nested types are not among them.</summary>
    public static IEnumerable<Type> Of(Type type) => Named(type).SelectMany(Parts).Distinct();

    private static IEnumerable<Type> Named(Type type)
    {
        var attributes = type.GetCustomAttributesData().Concat(type.GetMembers(All).SelectMany(m => m.GetCustomAttributesData())).Select(a => a.AttributeType);
        var methods = type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)).ToList();
        return ((IEnumerable<Type?>)[type.BaseType, .. type.GetInterfaces(), .. attributes])
            .Concat(type.GetFields(All).Select(f => f.FieldType))
            .Concat(type.GetProperties(All).Select(p => p.PropertyType))
            .Concat(methods.SelectMany(m => m.GetParameters().Select(p => p.ParameterType).Append((m as MethodInfo)?.ReturnType)))
            .Concat(methods.SelectMany(Body))
            .OfType<Type>();
    }

    private static IEnumerable<Type> Body(MethodBase method)
    {
        if (method.GetMethodBody() is not { } body)
        {
            return [];
        }

        var found = body.LocalVariables.Select(v => v.LocalType)
            .Concat(body.ExceptionHandlingClauses.Where(c => c.Flags == ExceptionHandlingClauseOptions.Clause).Select(c => c.CatchType!))
            .ToList();
        var il = body.GetILAsByteArray()!;
        for (var i = 0; i < il.Length;)
        {
            var code = il[i] == 0xFE ? s_codes[(short)((il[i] << 8) | il[i + 1])] : s_codes[il[i]];
            i += code.Size;
            if (code.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
            {
                found.AddRange(Resolve(method, BitConverter.ToInt32(il, i)));
            }

            i += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(il, i)),
                _ => 4,
            };
        }

        return found;
    }

    private static IEnumerable<Type> Resolve(MethodBase method, int token)
    {
        var member = method.Module.ResolveMember(
            token,
            method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null,
            method.IsGenericMethod ? method.GetGenericArguments() : null)!;
        IEnumerable<Type?> types = member switch
        {
            Type type => [type],
            FieldInfo field => [field.DeclaringType, field.FieldType],
            MethodBase called => [called.DeclaringType, (called as MethodInfo)?.ReturnType, .. called.IsGenericMethod ? called.GetGenericArguments() : [], .. called.GetParameters().Select(p => p.ParameterType)],
            _ => [],
        };
        return types.OfType<Type>();
    }

    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!)
        : type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Prepend(type)
        : [type];
}
