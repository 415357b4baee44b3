/**
 * What VLANs and resets cost the control plane: javf, one VLAN at a time, and Linux' rules, each on
 * the same simulated PF with the same delays, next to a bound.
 */
@NullMarked
package dev.javf.bench.control;

import org.jspecify.annotations.NullMarked;
