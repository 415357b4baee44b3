/**
 * The daemon's side of ring ports: a poller moves the packets ({@link
 * dev.javf.daemon.ring.RingPort}), one thread for all ports does everything else ({@link
 * dev.javf.daemon.ring.RingServer}), so that no client can make a poller wait.
 */
@NullMarked
package dev.javf.daemon.ring;

import org.jspecify.annotations.NullMarked;
