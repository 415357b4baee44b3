/** Pictures of latency: what {@code javfctl} and the benchmarks draw. */
@NullMarked
package dev.javf.daemon.plot;

import org.jspecify.annotations.NullMarked;
