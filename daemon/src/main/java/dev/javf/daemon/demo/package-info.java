/**
 * {@code ./javf demo}: the whole system on two simulated virtual functions, with the kernel's own
 * ping as its input.
 */
@NullMarked
package dev.javf.daemon.demo;

import org.jspecify.annotations.NullMarked;
