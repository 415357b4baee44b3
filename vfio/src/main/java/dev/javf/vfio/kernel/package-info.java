/**
 * PCI functions by way of the kernel's VFIO (Linux, Documentation/driver-api/vfio.rst): {@link
 * dev.javf.vfio.kernel.VfioPci} opens them by their PCI address.
 */
@NullMarked
package dev.javf.vfio.kernel;

import org.jspecify.annotations.NullMarked;
