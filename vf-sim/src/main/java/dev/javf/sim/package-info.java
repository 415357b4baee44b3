/**
 * A physical function, its virtual functions and their switch in software. {@link
 * dev.javf.sim.EthernetSwitch} is the embedded switch of one port, {@link dev.javf.sim.SwitchPort}
 * a virtual function's place at it, {@link dev.javf.sim.VfQueues} its descriptor rings. What is
 * modelled, and what isn't, is in docs/simulator.md.
 */
@NullMarked
package dev.javf.sim;

import org.jspecify.annotations.NullMarked;
