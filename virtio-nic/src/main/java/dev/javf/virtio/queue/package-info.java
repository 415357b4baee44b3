/**
 * Virtqueues from the device's side (VirtIO 1.2, 2.6 to 2.9). Whatever the driver wrote is read
 * once into a local, checked, and used from there.
 */
@NullMarked
package dev.javf.virtio.queue;

import org.jspecify.annotations.NullMarked;
