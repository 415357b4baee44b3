/**
 * A yardstick, not a driver for anyone to use: what Linux' iavf driver does by its published rules,
 * as far as VLAN filters, down and up, and resets go, on the simulated PF. Only benchmarks and
 * tests know it.
 */
@NullMarked
package dev.javf.bench.linux;

import org.jspecify.annotations.NullMarked;
