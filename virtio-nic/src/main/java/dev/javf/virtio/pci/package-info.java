/**
 * A virtio device as a PCI function (VirtIO 1.2, 4.1), for a vfio-user server to show to a guest.
 */
@NullMarked
package dev.javf.virtio.pci;

import org.jspecify.annotations.NullMarked;
