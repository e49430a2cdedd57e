// The mail sink.
import { variable } from "../harness/environment.ts";

export interface Message {
  from: string;
  to: string[];
  subject: string;
  text: string;
  html: string;
}

export async function messagesTo(address: string): Promise<Message[]> {
  const answer = await fetch(`${variable("MAIL_API_URL")}/messages?to=${encodeURIComponent(address)}`);
  if (!answer.ok) throw new Error(`The mail sink answered ${answer.status}`);
  return (await answer.json()) as Message[];
}
