/** A notice to stakeholders. Attributes carry `kind`, `incident`, `plan`, `severity` for subscription filters. */
export interface Notice {
  readonly subject: string;
  readonly text: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Announcer {
  /** Hands the notice over and gives the message id. Throws NoticeNotSentError; callers record it and go on (design, point 10). */
  announce(notice: Notice): Promise<string>;
}
