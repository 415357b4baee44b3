/**
 * Benchmarks of the packet path. {@code ./javf bench} runs them all; its arguments go to JMH, so
 * {@code ./javf bench RxBenchmark -p burst=32} runs one. See docs/performance.md.
 */
@NullMarked
package dev.javf.bench;

import org.jspecify.annotations.NullMarked;
