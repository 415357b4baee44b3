/**
 * The VLAN suite: 52 cases of what can happen to a virtual function's VLANs, on the whole daemon
 * and a simulated PF.
 */
@NullMarked
package dev.javf.daemon.suite;

import org.jspecify.annotations.NullMarked;
