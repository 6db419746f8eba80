using Edge.Runtime.Operators;

namespace Edge.Tests.Harness;

/// <summary>An operator touches three places: its file, its line in the set, its tests. These fail when one is missing.</summary>
public sealed class OperatorSetTests
{
    private static IEnumerable<Type> OperatorTypes => typeof(OperatorSet).Assembly.GetTypes().Where(static type =>
        type.IsValueType && type.GetInterfaces().Any(static i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IOperator<>)));

    [Fact]
    public void Every_operator_is_in_the_default_set_once()
    {
        List<OperatorInfo> infos = [.. OperatorTypes.Select(Info)];
        Assert.NotEmpty(infos);
        Assert.Equal(infos.Count, infos.Select(static info => info.Code).Distinct().Count());
        Assert.Equal(infos.Count, infos.Select(static info => info.Name).Distinct().Count());
        foreach (OperatorInfo info in infos)
        {
            Assert.True(OperatorSet.Default.Find(info.Code)?.Name == info.Name, $"Operator {info.Name} (code {info.Code}) has no line in OperatorSet.Default.");
        }

        Assert.Equal(infos.Select(static info => info.Code).Order(), OperatorSet.Default.Operators.Select(static info => info.Code));
    }

    [Fact]
    public void Every_operator_has_the_tests_that_all_operators_pass()
    {
        List<Type> tested = [.. typeof(OperatorSetTests).Assembly.GetTypes().Where(static type => !type.IsAbstract).Select(TestedOperator).OfType<Type>()];
        foreach (Type type in OperatorTypes)
        {
            Assert.True(tested.Contains(type), $"Operator {type.Name} has no test class that derives from OperatorTests<{type.Name}>.");
        }
    }

    [Fact]
    public void A_code_that_is_taken_is_refused_with_both_names()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new OperatorSet().Add<Relu>().Add<Relu>());
        Assert.Contains("Relu", exception.Message, StringComparison.Ordinal);
    }

    private static OperatorInfo Info(Type type) =>
        (OperatorInfo)type.GetProperty("Info", System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Static)!.GetValue(null)!;

    private static Type? TestedOperator(Type type)
    {
        for (Type? parent = type.BaseType; parent is not null; parent = parent.BaseType)
        {
            if (parent.IsGenericType && parent.GetGenericTypeDefinition() == typeof(OperatorTests<>))
            {
                return parent.GetGenericArguments()[0];
            }
        }

        return null;
    }
}
