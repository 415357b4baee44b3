package dev.javf.virtio.queue;

/**
 * Where a driver has put a virtqueue (VirtIO 1.2, 2.6: descriptor, driver and device area).
 *
 * @param size number of descriptors; nothing about it is believed, as about the addresses.
 * @param descriptorArea I/O virtual address of the descriptors.
 * @param driverArea of what the driver writes: available ring, or driver event suppression.
 * @param deviceArea of what the device writes: used ring, or device event suppression.
 */
public record QueueSettings(int size, long descriptorArea, long driverArea, long deviceArea) {}
