/**
 * virtchnl, the protocol between a virtual function (VF) and the driver of its physical function
 * (PF), after virtchnl.h of Linux (include/linux/avf/virtchnl.h): typed messages with exact
 * lengths, what the PF accepts, one line for any message, and the state machine of VLAN filters.
 *
 * <p>Nothing here does input or output, reads a clock or starts a thread. Nothing here is
 * synchronised: one thread owns what it uses. All multi-byte values on the wire are little endian.
 */
@NullMarked
package dev.javf.virtchnl;

import org.jspecify.annotations.NullMarked;
