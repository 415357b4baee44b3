/**
 * The sockets that DPDK's telemetry tools ask, so that they can be used as they are: protocol
 * version 2, and the one before it, which collectd still speaks.
 */
@NullMarked
package dev.javf.daemon.telemetry;

import org.jspecify.annotations.NullMarked;
