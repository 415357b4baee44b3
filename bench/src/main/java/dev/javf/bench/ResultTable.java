package dev.javf.bench;

import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.RunResult;

import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * The results as a table in Markdown. On a machine that others use too the mean says more about the
 * others, so a row shows the fastest iteration and the median; and each benchmark is compared with
 * the {@code bound} of its class and parameters from the same run.
 */
final class ResultTable {
    private static final String BASELINE = "bound";

    private ResultTable() {}

    static String of(final Collection<RunResult> results, final Processor processor) {
        final Map<String, Double> baselines = new HashMap<>();
        for (final RunResult result : results) {
            final BenchmarkParams params = result.getParams();
            if (method(params).equals(BASELINE)) {
                baselines.put(key(params), scores(result)[0]);
            }
        }
        final StringBuilder table = new StringBuilder();
        table.append(
                String.format(
                        Locale.ROOT,
                        "%s, %.0f MHz, %d processors%n%n| benchmark | parameters | ns min | ns"
                                + " median | cycles min | x bound | B/op |%n"
                                + "|---|---|--:|--:|--:|--:|--:|%n",
                        processor.model(),
                        processor.mhz(),
                        processor.count()));
        for (final RunResult result : results) {
            final BenchmarkParams params = result.getParams();
            final double[] scores = scores(result);
            final double min = scores[0];
            final Double baseline = baselines.get(key(params));
            table.append(
                    String.format(
                            Locale.ROOT,
                            "| %s.%s | %s | %.2f | %.2f | %s | %s | %s |%n",
                            type(params),
                            method(params),
                            parameters(params),
                            min,
                            scores[scores.length / 2],
                            processor.mhz() == 0
                                    ? "-"
                                    : String.format(
                                            Locale.ROOT, "%.0f", min * processor.mhz() / 1000),
                            baseline == null
                                    ? "-"
                                    : String.format(Locale.ROOT, "%.2f", min / baseline),
                            allocated(result)));
        }
        return table.toString();
    }

    /** All iterations' times, in ascending order. */
    private static double[] scores(final RunResult result) {
        return result.getBenchmarkResults().stream()
                .map(BenchmarkResult::getIterationResults)
                .flatMap(Collection::stream)
                .mapToDouble(iteration -> iteration.getPrimaryResult().getScore())
                .sorted()
                .toArray();
    }

    /** Bytes allocated per packet in the iteration with the fewest: JMH allocates a little too. */
    private static String allocated(final RunResult result) {
        return result.getBenchmarkResults().stream()
                .map(BenchmarkResult::getIterationResults)
                .flatMap(Collection::stream)
                .map(iteration -> iteration.getSecondaryResults().get("gc.alloc.rate.norm"))
                .filter(Objects::nonNull)
                .mapToDouble(bytes -> bytes.getScore())
                .min()
                .stream()
                .mapToObj(bytes -> String.format(Locale.ROOT, "%.2f", bytes))
                .findFirst()
                .orElse("-");
    }

    private static String type(final BenchmarkParams params) {
        final String[] names = params.getBenchmark().split("\\.", -1);
        return names[names.length - 2];
    }

    private static String method(final BenchmarkParams params) {
        final String[] names = params.getBenchmark().split("\\.", -1);
        return names[names.length - 1];
    }

    private static String parameters(final BenchmarkParams params) {
        final Object[] parameters =
                params.getParamsKeys().stream().map(k -> k + "=" + params.getParam(k)).toArray();
        final String text = Arrays.toString(parameters);
        return text.substring(1, text.length() - 1);
    }

    private static String key(final BenchmarkParams params) {
        return type(params) + " " + parameters(params);
    }
}
