/**
 * The driver of a virtual function (VF) that speaks Intel's adaptive virtual function interface
 * (AVF, PCI 8086:1889): registers, mailbox, lifecycle, filters, and the Rx and Tx queues.
 *
 * <p>{@link dev.javf.iavf.VirtualFunction} is the control half. One thread, the conductor, calls it
 * and its duty cycle; nothing in it blocks, sleeps or reads a clock. The queues are the packet
 * half: a poller owns them between {@link dev.javf.iavf.QueueOwner#prepare} and {@link
 * dev.javf.iavf.QueueOwner#revoke}, and shares nothing with the conductor but counters.
 */
@NullMarked
package dev.javf.iavf;

import org.jspecify.annotations.NullMarked;
