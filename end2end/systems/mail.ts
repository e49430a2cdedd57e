// The mail sink.
import { variable } from "../harness/environment.ts";

export interface Message {
  id: number;
  from: string;
  to: string[];
  subject: string;
  text: string;
  html: string;
  headers: [string, string][];
}

export async function messagesTo(address: string): Promise<Message[]> {
  const answer = await fetch(`${variable("MAIL_API_URL")}/messages?to=${encodeURIComponent(address)}`);
  if (!answer.ok) throw new Error(`The mail sink answered ${answer.status}`);
  return (await answer.json()) as Message[];
}

/** Has the mail server refuse an address with that code, the next times. */
export async function refuse(address: string, code: number, times: number): Promise<void> {
  const query = new URLSearchParams({ code: String(code), count: String(times), to: address });
  const answer = await fetch(`${variable("MAIL_API_URL")}/fail?${query}`, { method: "POST" });
  if (!answer.ok) throw new Error(`The mail sink answered ${answer.status}`);
}
