/** How long packets take through the driver's queues at given rates. */
@NullMarked
package dev.javf.bench.latency;

import org.jspecify.annotations.NullMarked;
