/**
 * The simulator as a program of its own ({@code javf sim}): it serves each VF on a socket of the
 * vfio-user protocol, and is controlled over a socket of its own.
 */
@NullMarked
package dev.javf.sim.program;

import org.jspecify.annotations.NullMarked;
