"""Copies that outlive the camera and this machine: sealed here, proved there."""
