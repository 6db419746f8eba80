namespace Edge.Learning.Recipes;

/// <summary>A recipe that is malformed: the message says where, what was found and what is allowed.</summary>
public sealed class RecipeException : Exception
{
    /// <summary>A failure without a message of its own.</summary>
    public RecipeException()
        : base("The recipe cannot be used.")
    {
    }

    /// <summary>A failure with its message.</summary>
    public RecipeException(string message)
        : base(message)
    {
    }

    /// <summary>A failure with its message and cause.</summary>
    public RecipeException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
