/**
 * PCI functions. {@link dev.javf.vfio.PciDevice} is what a driver holds; {@link
 * dev.javf.vfio.PciDeviceModel} is what a device made of software offers; {@link
 * dev.javf.vfio.InProcessDoor} connects the two in one process. A driver can't tell which door its
 * function came through.
 */
@NullMarked
package dev.javf.vfio;

import org.jspecify.annotations.NullMarked;
