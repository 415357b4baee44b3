/**
 * The daemon: one {@link dev.javf.daemon.Conductor} thread that owns all control state, pollers
 * that move packets between virtual functions and ports, and what starts and stops them in order.
 */
@NullMarked
package dev.javf.daemon;

import org.jspecify.annotations.NullMarked;
