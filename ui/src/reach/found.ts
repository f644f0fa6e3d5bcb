/** What was found about the way in from outside, in sentences. */

import { plural, t } from "../words";

/** See FromOutsideReply in the API's documentation. */
export interface Found {
  public: string[];
  says: "none" | "silent" | "some" | "all";
  router: string;
  outer: string;
  outer_is_private: boolean;
  opens: boolean;
  openings: { protocol: string; outer_port: number; inner_port: number; what: string; is_page: boolean }[];
  others: number;
  tailscale: boolean;
  wireguard: boolean;
}

export interface Line {
  tone: "bad" | "warm" | "good" | "plain";
  text: string;
  hint?: string;
}

/** What was found, the worst first; nothing that is not known is called closed. */
export function lines(found: Found): Line[] {
  const all: Line[] = [];
  for (const each of found.openings.filter((one) => one.is_page)) {
    all.push({
      tone: "bad",
      text: t("Your router sends everybody from the internet to this page: port {outer} outside leads to {inner} here.", { outer: each.outer_port, inner: each.inner_port }),
      hint: t("Remove it on your router’s page, under port forwarding (there it is called “{what}”). Use Tailscale or WireGuard instead.", { what: each.what || "?" }),
    });
  }
  for (const each of found.openings.filter((one) => !one.is_page)) {
    all.push({
      tone: "warm",
      text: t("Your router also opens {protocol} port {outer} to this machine ({what}).", { protocol: each.protocol, outer: each.outer_port, what: each.what || t("no name given") }),
      hint: t("It does not lead to this page. Is it one you know, such as your WireGuard tunnel?"),
    });
  }
  for (const each of found.public) {
    all.push({
      tone: "warm",
      text: t("This machine has a public address, {address}.", { address: each }),
      hint: each.includes(":")
        ? t("With IPv6 no forwarding is needed to get in: only the firewall of your router keeps others out. Nearly all have one that is on; look there whether it lets anything in to this machine.")
        : t("It stands on the internet itself. Unless a firewall is in between, anybody can open this page’s log-in."),
    });
  }
  if (found.says === "all" && !found.openings.length) {
    all.push({ tone: "good", text: t("Your router names no opening to this machine."), hint: t("Many routers keep to themselves what was entered by hand: look once on its page under port forwarding.") });
  }
  if (found.says === "some") all.push({ tone: "plain", text: t("Your router tells only some of its openings."), hint: t("Look on its page under port forwarding.") });
  if (found.says === "silent") all.push({ tone: "plain", text: t("Your router does not tell what it opens."), hint: t("That is no bad sign. Whether something is forwarded to this machine stands on its page under port forwarding.") });
  if (found.says === "none") all.push({ tone: "plain", text: t("This machine knows no router that could be asked.") });
  if (found.opens) {
    all.push({ tone: "warm", text: t("Any program in your home may open ports at your router (UPnP)."), hint: t("Cheap cameras do so without asking. Switch UPnP off on the router’s page unless a game console needs it.") });
  }
  if (found.others) all.push({ tone: "plain", text: plural(found.others, "It names {n} opening to another device.", "It names {n} openings to other devices.") });
  if (found.outer_is_private) {
    all.push({ tone: "plain", text: t("Your router’s own address outside, {address}, is one that nobody can reach from the internet.", { address: found.outer }), hint: t("So nobody gets in by IPv4, and WireGuard needs IPv6 or a machine outside; Tailscale works.") });
  }
  if (found.tailscale) all.push({ tone: "good", text: t("Tailscale is up: your own devices get in from anywhere.") });
  if (found.wireguard) all.push({ tone: "good", text: t("A WireGuard tunnel is up on this machine.") });
  return all;
}
