/**
 * The control socket: lines of JSON from clients that the kernel identifies, answered in order, on
 * a thread of their own.
 */
@NullMarked
package dev.javf.daemon.control;

import org.jspecify.annotations.NullMarked;
