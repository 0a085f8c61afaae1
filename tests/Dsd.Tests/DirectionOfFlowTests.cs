using System.Reflection;
using System.Reflection.Emit;
using Dsd.Statistics;

namespace Dsd.Tests;

/// <summary>Data flows one way: schedule, plan, session, record. What stands left names nothing that stands right, not even within a method.</summary>
public class DirectionOfFlowTests
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    // Functions of numbers that name nothing of Dsd but its root, as their own row says, and so may be used from anywhere.
    private const string Numbers = "Dsd.Studies.Statistics";

    private static readonly Assembly s_dsd = typeof(DsdException).Assembly;

    private static readonly Dictionary<short, OpCode> s_codes = typeof(OpCodes).GetFields().Select(f => (OpCode)f.GetValue(null)!).ToDictionary(c => c.Value);

    [Theory]
    [InlineData("Dsd.Schedules", "TorchSharp Dsd.Plans Dsd.Masks Dsd.Optimizers Dsd.Training Dsd.Records Dsd.Native Dsd.Studies")]
    [InlineData("Dsd.Plans", "TorchSharp Dsd.Masks Dsd.Optimizers Dsd.Training Dsd.Records Dsd.Native Dsd.Studies")]
    [InlineData("Dsd.Records", "TorchSharp Dsd.Masks Dsd.Optimizers Dsd.Training Dsd.Native Dsd.Studies")]
    [InlineData("Dsd.Studies.Statistics", "TorchSharp Dsd.Schedules Dsd.Plans Dsd.Masks Dsd.Optimizers Dsd.Training Dsd.Records Dsd.Native")]
    [InlineData("Dsd.Studies", "TorchSharp Dsd.Masks Dsd.Training Dsd.Native Dsd.Studies.Running")]
    [InlineData("Dsd", "TorchSharp Dsd.Schedules Dsd.Plans Dsd.Masks Dsd.Optimizers Dsd.Training Dsd.Records Dsd.Native Dsd.Studies")]
    public void Types_OfANamespace_NameNothingFurtherRight(string from, string forbidden)
    {
        var types = s_dsd.GetTypes().Where(t => t.Namespace == from).ToList();
        Assert.NotEmpty(types);

        var wrong = types
            .SelectMany(type => Mentioned(type).SelectMany(Parts).Distinct()
                .Where(t => t.Namespace != Numbers && forbidden.Split(' ').Any(f => t.Namespace == f || t.Namespace?.StartsWith(f + ".", StringComparison.Ordinal) == true))
                .Select(t => $"{type.FullName} → {t.FullName}"))
            .Distinct();
        Assert.Empty(wrong);
    }

    [Fact]
    public void Mentioned_ATypeUsedOnlyWithinAMethod_IsFound()
    {
        // The guard itself: it looks into bodies, lambdas and generic arguments.
        var mentioned = Mentioned(typeof(Sample)).Concat(typeof(Sample).GetNestedTypes(All).SelectMany(Mentioned)).SelectMany(Parts).ToList();

        Assert.Contains(typeof(System.Text.StringBuilder), mentioned);
        Assert.Contains(typeof(Uri), mentioned);
        Assert.Contains(typeof(Version), mentioned);
        Assert.DoesNotContain(typeof(System.Text.RegularExpressions.Regex), mentioned);
    }

    [Theory]
    [InlineData("Plotly")]
    [InlineData("Spectre")]
    [InlineData("System.CommandLine")]
    [InlineData("FSharp.Core")]
    public void ReferencedAssemblies_OfTheCore_HaveNoneOf(string name) =>
        Assert.DoesNotContain(s_dsd.GetReferencedAssemblies(), a => a.Name!.StartsWith(name, StringComparison.Ordinal));

    private static IEnumerable<Type> Mentioned(Type type)
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

    /// <summary>A type, what it is an array or reference of, and its generic arguments.</summary>
    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!)
        : type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Prepend(type)
        : [type];

    private sealed class Sample
    {
        public static int Within() => new System.Text.StringBuilder().Append(1).Length;

        public static Func<object?> Lambda() => () => new List<Uri>().FirstOrDefault() is null ? Array.Empty<Version>() : null;
    }
}
