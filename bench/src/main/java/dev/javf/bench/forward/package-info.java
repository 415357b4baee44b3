/**
 * Forwarding on descriptor rings next to a C program that does the same work, and to the way of
 * ixy's driver in Java.
 */
@NullMarked
package dev.javf.bench.forward;

import org.jspecify.annotations.NullMarked;
