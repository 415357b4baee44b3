/**
 * A daemon on virtual functions of a simulated PF, and traffic for it: what tests and benchmarks of
 * the whole daemon stand on.
 */
@NullMarked
package dev.javf.daemon.simulated;

import org.jspecify.annotations.NullMarked;
