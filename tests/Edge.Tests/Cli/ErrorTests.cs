namespace Edge.Tests.Cli;

/// <summary>Whatever goes wrong: an exit code, one line on standard error that says what is allowed, nothing on standard output, no stack trace.</summary>
[Collection(EdgeCommand.Collection)]
public sealed class ErrorTests(CliModels models) : IClassFixture<CliModels>
{
    [Theory]
    [InlineData(2, "is not a verb; there are quickstart, train, convert, quantize", "trian")]
    [InlineData(2, "Required argument missing", "train")]
    [InlineData(2, "--threads is 0; 1 or more is allowed", "bench", "MODEL", "--threads", "0")]
    [InlineData(2, "--threads is 'two'; a whole number is needed", "bench", "MODEL", "--threads", "two")]
    [InlineData(2, "--samples is -1; 0 or more is allowed", "evaluate", "MODEL", "--samples", "-1")]
    [InlineData(2, "--epochs is 0; 1 or more", "train", "moons", "--epochs", "0")]
    [InlineData(2, "--batch is 0; 1 or more", "inspect", "MODEL", "--batch", "0")]
    [InlineData(2, "--learning-rate is -1; a finite number above 0", "train", "moons", "--learning-rate", "-1")]
    [InlineData(2, "--learning-rate is 'fast'; a number", "train", "moons", "--learning-rate", "fast")]
    [InlineData(2, "--scheme is 'first:2'; last:K", "tune", "MODEL", "--scheme", "first:2")]
    [InlineData(2, "--scheme is 'last:0'; last:K", "tune", "MODEL", "--scheme", "last:0")]
    [InlineData(2, "--optimizer is 'adma'; adam, sgd, rmsprop and adamw", "tune", "MODEL", "--optimizer", "adma")]
    [InlineData(2, "--method is 'best'; percentile, minmax and mse", "quantize", "MODEL", "--method", "best")]
    [InlineData(2, "--io is 'int4'; float32 and int8", "quantize", "MODEL", "--io", "int4")]
    [InlineData(2, "--bogus", "inspect", "MODEL", "--bogus")]
    [InlineData(2, "--inputs", "run", "MODEL", "--outputs", "FOLDER")]
    [InlineData(2, "need --outputs", "run", "MODEL", "--inputs", "FOLDER")]
    [InlineData(2, "exclude each other", "run", "MODEL", "--inputs", "FOLDER", "--image", "MISSING", "--outputs", "FOLDER")]
    [InlineData(1, "There is no file", "run", "MODEL", "--image", "MISSING")]
    [InlineData(1, "BMP, PNG, PPM and PGM files are allowed", "run", "MODEL", "--image", "NOISE")]
    [InlineData(2, "--quantize is 'int4'; none, int8, int16x8, dynamic and float32", "convert", "MODEL", "--quantize", "int4")]
    [InlineData(1, "is of no known format; ", "convert", "NOISE", "-o", "NEW")]
    [InlineData(1, "There is no file or folder", "convert", "MISSING", "-o", "NEW")]
    [InlineData(1, "name the result with -o", "convert", "MODEL")]
    [InlineData(1, "needs --calibrate", "convert", "MODEL", "-o", "NEW", "--quantize", "int8")]
    [InlineData(1, "models of other formats", "convert", "MODEL", "-o", "NEW", "--shape", "x=1", "--json")]
    [InlineData(1, "--image-mean is 'grey'; finite numbers", "convert", "MODEL", "-o", "NEW", "--image-mean", "grey", "--json")]
    [InlineData(1, "There is no file", "convert", "MODEL", "-o", "NEW", "--labels", "MISSING", "--json")]
    [InlineData(1, "There is no folder or file", "convert", "MODEL", "-o", "NEW", "--quantize", "int8", "--calibrate", "MISSING", "--json")]
    [InlineData(1, "There is no file or folder", "compare", "MODEL", "MISSING")]
    [InlineData(1, "digits-cnn, mnist-cnn", "train", "mnist-cn")]
    [InlineData(1, "is a folder", "inspect", "FOLDER")]
    [InlineData(1, "There is no file", "inspect", "MISSING")]
    [InlineData(1, "truncated", "inspect", "TRUNCATED")]
    [InlineData(1, "a .edge file starts with", "inspect", "NOISE")]
    [InlineData(1, "is a folder", "train", "moons", "--out", "FOLDER")]
    [InlineData(1, "There is no folder", "run", "MODEL", "--inputs", "MISSING", "--outputs", "FOLDER")]
    [InlineData(1, "in_0.bin", "run", "MODEL", "--inputs", "FOLDER", "--outputs", "FOLDER")]
    [InlineData(1, "Looked in", "train", "mnist-mlp-128", "--data", "FOLDER", "--json")]
    [InlineData(1, "There is no folder or file", "evaluate", "MODEL", "--data", "MISSING")]
    [InlineData(1, "'mnits' is not a data set", "evaluate", "MODEL", "--dataset", "mnits")]
    [InlineData(1, "a sample of 'moons' has 2 values", "evaluate", "MODEL", "--dataset", "moons", "--json")]
    [InlineData(1, "There is no saved state", "bench", "MODEL", "--personalization", "MISSING")]
    [InlineData(1, "smaller --learning-rate", "train", "digits-cnn", "--epochs", "1", "--learning-rate", "1e30", "--out", "NEW", "--json")]
    public void One_line_says_what_is_wrong(int code, string message, params string[] args)
    {
        string folder = models.At("empty");
        Directory.CreateDirectory(folder);
        string truncated = models.At("truncated.edge"), noise = models.At("noise.edge"), made = models.At("new.edge");
        File.WriteAllBytes(truncated, File.ReadAllBytes(models.Digits)[..500]);
        File.WriteAllBytes(noise, [.. Enumerable.Range(0, 300).Select(static i => (byte)(i * 37))]);
        string[] line = [.. args.Select(arg => arg switch
        {
            "MODEL" => models.Digits,
            "FOLDER" => folder,
            "MISSING" => models.At("missing"),
            "TRUNCATED" => truncated,
            "NOISE" => noise,
            "NEW" => made,
            _ => arg,
        })];
        EdgeCommand.Result result = EdgeCommand.Run(line);
        Assert.Equal(code, result.Code);
        Assert.Empty(result.Output);
        string only = Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("error: ", only, StringComparison.Ordinal);
        Assert.Contains(message, only, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter '", only, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", only, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", only, StringComparison.Ordinal);
        Assert.False(File.Exists(made));
    }

    [Fact]
    public void A_child_process_says_the_same()
    {
        EdgeCommand.Result result = EdgeCommand.Start("evaluate", models.Moons, "--data", models.At("missing"), "--json");
        Assert.Equal((1, ""), (result.Code, result.Output));
        Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Help_and_version_need_no_verb()
    {
        Assert.Matches(@"^\d+\.\d+\.\d+", EdgeCommand.Run("--version").Output);
        string help = EdgeCommand.Run().Output;
        foreach (string verb in new[] { "quickstart", "train", "convert", "quantize", "inspect", "run", "compare", "evaluate", "tune", "bench" })
        {
            Assert.Contains($"  {verb}", help, StringComparison.Ordinal);
            Assert.Contains("--json", EdgeCommand.Run(verb, "--help").Output, StringComparison.Ordinal);
        }
    }
}
